"""From a configuration to what runs.

Services know nothing of the configuration, and the configuration knows nothing of services; they meet here. `services`
says which there are and runs each by the module that bears its name, so that a process loads only what it runs. What
commands put together of the same parts lies beside them: `rehearsal`, `reconciling`, `preflight`.
"""
