/** Workbooks that agencies bring. */
export async function up(): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
