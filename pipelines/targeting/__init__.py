"""The target group in full: each criterion, month by month and frozen, and what schools select on.

Who is in the group is said in :mod:`pipelines.target_group`; here are the same rule with every
criterion apart, and what is told of it.
"""
