/** The editor's global, of which this much is used; Node-RED ships no types. */
export type EditorRed = {
  nodes: { registerType(type: string, definition: object): void }
  settings: { apiRootUrl?: string }
}

export function red(): EditorRed {
  return (globalThis as unknown as { RED: EditorRed }).RED
}
