"""What is written, and by which of JD Edwards' doors."""
