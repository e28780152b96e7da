"""Training: courses with their quizzes, learning paths, and what certifies that one took them."""
