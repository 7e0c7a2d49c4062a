"""The data files of a bundle: settings, tables, TensorBoard events, the policy, the model card."""
