// Silence in the recording on purpose, asked for by a flow: the file keeps its timing.
import type { Database } from '../database/index.ts'
import type { FactSink } from '../interactions/index.ts'

/** A recording that runs: its id is its talk's, whose leg the switch records on. */
export type OpenRecording = { recordingId: string; leg: string; path: string }
export type MaskingOptions = {
  db: Database
  facts: FactSink
  /** `uuid_record <leg> mask|unmask <path>`; rejects when the switch refuses or is away. */
  command(line: string): Promise<string>
  /** A path as the switch takes it, refused when it is hostile (freeswitch/esl `filePath`). */
  filePath(path: string): string
  /** Those of an interaction that run now; from the database unless something nearer knows. */
  open?(interactionId: string): OpenRecording[] | Promise<OpenRecording[]>
}

/** How many recordings were silenced or are heard again; 0: none runs. @throws Error when the switch refused one */
export function createMasking(options: MaskingOptions) {
  const { db, facts, command, filePath } = options
  const open =
    options.open ??
    (async (interactionId: string): Promise<OpenRecording[]> => {
      const rows = await db
        .knex('recordings')
        .where({ interaction_id: interactionId, state: 'expected', kind: 'call' })
        .select('id', 'path')
      return rows.map((row) => ({ recordingId: row.id, leg: row.id, path: row.path }))
    })
  return {
    async set(call: { agencyId: number; interactionId: string; leg: string }, masked: boolean): Promise<number> {
      const verb = masked ? 'mask' : 'unmask'
      let count = 0
      let fault: Error | undefined
      for (const { recordingId, leg, path } of await open(call.interactionId)) {
        const order = (uuid: string) => command(`uuid_record ${uuid} ${verb} ${filePath(path)}`)
        try {
          // A leg that was handed on takes its recording along: the caller's leg is the other place it may be on.
          await order(leg).catch((error) => {
            if (leg === call.leg) throw error
            return order(call.leg)
          })
          facts.record({
            kind: 'recording.masked',
            agencyId: call.agencyId,
            interactionId: call.interactionId,
            recordingId,
            masked,
          })
          count++
        } catch (error) {
          fault = error as Error
        }
      }
      if (fault) throw fault
      return count
    },
  }
}
