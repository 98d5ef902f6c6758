"""The Faultline app: pages, figures and the command line."""
