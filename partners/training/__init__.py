"""Training: courses with their quizzes, learning paths, and what certifies that people took them."""
