import type { Channel } from './channel.ts'
import { sidesOf } from './hearing.ts'
import { type Passage, writeRecording } from './sound.ts'

type Recording = { startedAt: number; channels: 1 | 2; masked: boolean; passages: Passage[] }

/** The recordings (uuid_record, record_session) that run on one leg. */
export class LegRecordings {
  readonly #leg: Channel
  readonly #running = new Map<string, Recording>()

  constructor(leg: Channel) {
    this.#leg = leg
  }

  get running(): boolean {
    return this.#running.size > 0
  }

  start(path: string, channels: 1 | 2): void {
    const startedAt = this.#leg.core.clock.now()
    this.#running.set(path, { startedAt, channels, masked: false, passages: [] })
    this.#leg.core.recorded.add(this.#leg)
    this.listen()
    this.#leg.emit('RECORD_START', { 'Record-File-Path': path })
  }

  /** Silence is written while masked; the timing stays. False when nothing is recorded there. */
  mask(path: string, masked: boolean): boolean {
    const recording = this.#running.get(path)
    if (!recording) return false
    recording.masked = masked
    this.listen()
    return true
  }

  /** Who is heard may have changed: a new passage begins. */
  listen(): void {
    for (const recording of this.#running.values()) {
      const { left, right } = sidesOf(this.#leg)
      const nothing = new Set<string>()
      recording.passages.push({
        fromMs: this.#leg.core.clock.now() - recording.startedAt,
        masked: recording.masked,
        left: recording.masked ? nothing : left,
        right: recording.masked ? nothing : right,
      })
    }
  }

  /** False when nothing is recorded there. */
  stop(path: string): boolean {
    const recording = this.#running.get(path)
    if (!recording) return false
    this.#running.delete(path)
    if (!this.running) this.#leg.core.recorded.delete(this.#leg)
    const ms = this.#leg.core.clock.now() - recording.startedAt
    const kept = writeRecording(path, ms, recording.channels, recording.passages)
    this.#leg.set('record_ms', String(Math.round(ms)))
    this.#leg.set('record_seconds', String(Math.round(ms / 1000)))
    this.#leg.set('record_samples', String(Math.round(ms * 8)))
    this.#leg.emit('RECORD_STOP', {
      'Record-File-Path': path,
      'Record-Completion-Cause': kept ? 'success-maxtime' : 'empty-file',
    })
    return true
  }
  stopAll(): void {
    for (const path of [...this.#running.keys()]) this.stop(path)
  }
}
