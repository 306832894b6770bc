"""What tests share. The conftest.py of the repository loads the modules with fixtures."""
