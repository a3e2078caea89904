/** Exports that run by themselves: progress, cancel, file. */
export async function up(): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
