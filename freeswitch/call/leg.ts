import type { CallSession, Run, SwitchEvent } from '../esl/index.ts'

/** What the verbs share: the session, and whether one of them is collecting keys now. */
export type Leg = {
  readonly session: CallSession
  collecting: boolean
  /** Sent elsewhere by us: what still ends here says nothing about the leg any more. */
  left: boolean
}

/** Whether an application's end is that of the leg. What it returned says nothing then. */
export function endedByHangUp(leg: Leg, run: Run | undefined): run is undefined {
  return run === undefined || run.end.headers['Answer-State'] === 'hangup' || leg.left || isGone(leg)
}

/** Whether no verb can do anything on this leg any more. */
export function isGone(leg: Leg): boolean {
  return leg.session.hungUp !== undefined || leg.session.closed
}

/** A channel variable as it was when the event was made. */
export function variableOf(event: SwitchEvent | undefined, name: string): string | undefined {
  return event?.headers[`variable_${name}`]
}

/** Sets and (with '') unsets variables of the leg, all in one go. False: the leg is gone, which is no error. */
export async function setAll(leg: Leg, values: Readonly<Record<string, string>>): Promise<boolean> {
  const all = () => Promise.all(Object.entries(values).map(([name, value]) => leg.session.setVariable(name, value)))
  return (await whileAlive(leg, all)) !== undefined
}

/** Does it; an error that comes because the leg is gone is none. */
export async function whileAlive<T>(leg: Leg, act: () => Promise<T>): Promise<T | undefined> {
  if (isGone(leg)) return undefined
  try {
    return await act()
  } catch (error) {
    if (isGone(leg) || /no such channel/i.test((error as Error).message)) return undefined
    throw error
  }
}

/** Runs what collects keys: while it does, keys are not told to `key` listeners. */
export async function collecting<T>(leg: Leg, act: () => Promise<T>): Promise<T> {
  leg.collecting = true
  try {
    return await act()
  } finally {
    leg.collecting = false
  }
}
