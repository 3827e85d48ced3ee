"""What a soup is merged of, and the weights of each point of the grid."""

from mialign.data import preferences


def soup_vector(experiment, point):
    own = CONFIG["experiments"][experiment]["preferences"]
    return preferences.vectors(len(own["rewards"]), own["grid"])[int(point)]


def soup_inputs(wildcards):
    merged = CONFIG["experiments"][wildcards.experiment]["soups"][wildcards.soup]["of"]
    return [policy(wildcards.experiment, method, wildcards.seed) for method in merged]
