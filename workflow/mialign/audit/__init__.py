"""What a run's numbers rest on, for those who check it: the page for reviewers. It imports core."""
