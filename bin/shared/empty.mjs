// Stands for packages that only Next understands.
