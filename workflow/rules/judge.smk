"""Verdicts between the answers of two methods: of checkers, of a model on a server or here, and those the authors released.

What the authors' judge was asked is made before anything is trained: there the benchmark must be theirs.
"""


include: "inputs/judge.smk"


rule judge:
    input:
        unpack(judge_inputs),
    output:
        f"{RUN}/verdicts/{{judging}}/{{test}}-vs-{{baseline}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/judge/{{judging}}.{{test}}-vs-{{baseline}}.seed{{seed}}.log",
    wildcard_constraints:
        judging=one_of(map(re.escape, JUDGINGS.keys() - BY_LIKELIHOOD)),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        server=judge_server,
    params:
        code=code_digest("judge"),
        settings=judge_settings,
        more=judge_options,
    shell:
        f"python {JUDGE} --server {{resources.server:q}}"


rule judge_by_likelihood:
    input:
        unpack(judge_inputs),
    output:
        f"{RUN}/verdicts/{{judging}}/{{test}}-vs-{{baseline}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/judge_by_likelihood/{{judging}}.{{test}}-vs-{{baseline}}.seed{{seed}}.log",
    wildcard_constraints:
        judging=one_of(map(re.escape, BY_LIKELIHOOD)),
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **slurm_resources("judge"),
        python=python("train"),
        torch_threads=THREADS,
        token_budget=CONFIG["speed"]["token_budget"],
    params:
        code=code_digest("judge"),
        settings=judge_settings,
        more=judge_options,
    shell:
        f"{{resources.python}} {JUDGE} --token-budget {{resources.token_budget}} --threads {{resources.torch_threads}}"


rule judge_lengths:
    # A file of its own: in lengths.csv a further judge would have all questions answered anew.
    input:
        prompts=lambda wildcards: f"{RUN}/prompts/{JUDGINGS[wildcards.judging].experiment}/benchmark.jsonl",
        model=lambda wildcards: model_folder(JUDGINGS[wildcards.judging].judge["model"]),
        files=lambda wildcards: files_on_disk(model_folder(JUDGINGS[wildcards.judging].judge["model"])),
        prompt_template=lambda wildcards: JUDGINGS[wildcards.judging].judge["prompt_template"],
    output:
        f"{RUN}/judge_lengths/{{judging}}.csv",
    log:
        f"{RUN}/logs/judge_lengths/{{judging}}.log",
    wildcard_constraints:
        judging=one_of(map(re.escape, BY_LIKELIHOOD)),
    priority: 1
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        python=python("train"),
    params:
        code=code_digest("lengths"),
        name=lambda wildcards: JUDGINGS[wildcards.judging].judge["model"],
        settings=lambda wildcards: as_json(
            {"uses": [], "adapters": {}, "judges": [likelihood_to_fit(wildcards.judging)], "rewards": []}
        ),
    shell:
        "{resources.python} workflow/run.py lengths --log {log:q} --prompts {input.prompts:q} --models {input.model:q}"
        " --names {params.name:q} --settings {params.settings:q} --out {output:q}"


rule authors_judge:
    input:
        **judge_files(),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/authors/{{experiment}}/judge.json",
    log:
        f"{RUN}/logs/authors_judge/{{experiment}}.log",
    wildcard_constraints:
        experiment=one_of(JUDGED),
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("authors_judge"),
    shell:
        "python workflow/run.py authors_judge --log {log:q} --grading {input.grading:q} --free {input.free:q}"
        " --evaluation {input.evaluation:q} --prompts {input.prompts:q} --out {output:q}"


rule authors_verdicts:
    input:
        answers=lambda wildcards: answers_file(wildcards.pair.rpartition("-")[2]),
        verdicts=lambda wildcards: verdicts_file(wildcards.pair),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/verdicts/{verdicts_folder('{experiment}', AUTHORS)}/{{pair}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/authors_verdicts/{{experiment}}.{{pair}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(RELEASED),
        pair=one_of(AUTHORS_FILES["verdicts"]),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("authors_verdicts"),
    shell:
        "python workflow/run.py authors_verdicts --log {log:q} --answers {input.answers:q} --verdicts {input.verdicts:q}"
        " --prompts {input.prompts:q} --out {output:q}"
