import type { Choices } from '../kit/platform.ts'

let loaded: Promise<Choices | undefined> | undefined
let at = 0

/** Queues, calendars, recordings ... to choose from; asked again after a while. Undefined when they cannot be had. */
export function loadChoices(): Promise<Choices | undefined> {
  if (!loaded || Date.now() - at > 15_000) {
    at = Date.now()
    loaded = fetch('vera/choices', { headers: { accept: 'application/json' } })
      .then((answer) => (answer.ok ? (answer.json() as Promise<Choices>) : undefined))
      .catch(() => undefined)
  }
  return loaded
}
