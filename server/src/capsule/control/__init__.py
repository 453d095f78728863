"""The control plane: one folder per domain, in tiers delivery → workload → workspace → identity."""
