/** `needs: 'build'`: it drives the built product, which is built first when it is not there. */
export const faults = {
  durability: { needs: 'build', means: 'kills the programs at random moments while people change things' },
  parts: { needs: 'build', means: 'kills and freezes each part alone under the supervisor, and times its return' },
  instances: {
    needs: 'build',
    means: 'two consoles and two gates on one PostgreSQL that restarts, fails over, falls silent',
  },
  memory: { needs: 'build', means: 'what a gate remembers: ended under load, long answers of a revoked key, floods' },
  input: { needs: 'build', means: 'fuzzes every parser, and the product behind two nginx with hostile requests' },
  planted: { means: 'plants single bugs one at a time and shows which test catches each' },
  secrets: { needs: 'build', means: 'uses the whole product, then looks for its secrets everywhere they must not be' },
}
