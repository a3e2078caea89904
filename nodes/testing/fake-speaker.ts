// A caller who speaks, for tests of the nodes that listen.
import type { RecordResult } from '../../freeswitch/call/types.ts'
import type { Platform } from '../kit/platform.ts'
import { FakeCall, type Script } from './fake-call.ts'

type Heard = Awaited<ReturnType<NonNullable<Platform['speech']>['recognise']>>
/** One entry for each time the platform listens: what the recogniser makes of it, a key, or hanging up. After the last: silence. */
export type Said = Heard | { key: string } | 'hangup' | 'no_file'

/** What stands in `fake.ports.speech` and how the caller's leg records. `open` has the files that are not deleted. */
export function fakeSpeaker(said: Said[], { there = true } = {}) {
  const open = new Set<string>()
  const grammars: unknown[] = []
  let turn = 0
  let heard: Heard = { text: '', confidence: 0, silent: true }
  const speech: NonNullable<Platform['speech']> = {
    available: async () => there,
    open: async () => {
      const path = `/speech/${++turn}.wav`
      open.add(path)
      return path
    },
    async recognise(_path, { grammar }) {
      grammars.push(grammar)
      return heard
    },
    close: async (path) => void open.delete(path),
  }
  const record = async function (this: FakeCall, { path }: { path: string }): Promise<RecordResult> {
    const next = said.shift() ?? { text: '', confidence: 0, silent: true as const }
    if (this.hungUp) return { ended: 'hangup' as const, durationMs: 0, path }
    if (next === 'hangup') {
      this.leave()
      return { ended: 'hangup' as const, durationMs: 0, path }
    }
    if (next === 'no_file') return { ended: 'failed' as const, durationMs: 0, path }
    if ('key' in next) {
      this.variables.playback_terminator_used = next.key
      return { ended: 'key' as const, durationMs: 300, path }
    }
    heard = next
    return { ended: 'silence' as const, durationMs: 1_500, path }
  }
  class Speaker extends FakeCall {
    override record = record
  }
  return { speech, open, grammars, call: (script: Script = {}) => new Speaker(script) }
}
