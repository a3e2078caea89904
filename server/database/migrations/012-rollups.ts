/** Interval roll-ups: what each quarter of an hour counted, and which must be counted again. */
export async function up(): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
