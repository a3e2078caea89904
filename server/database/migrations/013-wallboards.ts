/** Wallboards: pages of tiles, screens paired with a code. */
export async function up(): Promise<void> {}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
