// What was done and can be undone; pure.

export type History<State> = {
  past: { state: State; what: string }[]
  now: State
  future: { state: State; what: string }[]
}

/** More than anybody steps back; a board of 96 tiles a hundred times is a few megabytes. */
const most = 100

export const begin = <State>(now: State): History<State> => ({ past: [], now, future: [] })

/**
 * `what`: the name of what was done, told when it is undone. Several changes of the same `what` that is marked as typing (it
 * holds a `:`) are one step: a title is not undone letter by letter.
 */
export function done<State>(history: History<State>, state: State, what: string): History<State> {
  const last = history.past.at(-1)
  if (what.includes(':') && last?.what === what && history.future.length === 0) return { ...history, now: state }
  return { past: [...history.past, { state: history.now, what }].slice(-most), now: state, future: [] }
}

export function undo<State>(history: History<State>): { history: History<State>; what: string } | undefined {
  const last = history.past.at(-1)
  if (!last) return undefined
  return {
    what: last.what,
    history: {
      past: history.past.slice(0, -1),
      now: last.state,
      future: [{ state: history.now, what: last.what }, ...history.future],
    },
  }
}

export function redo<State>(history: History<State>): { history: History<State>; what: string } | undefined {
  const [next, ...future] = history.future
  if (!next) return undefined
  return {
    what: next.what,
    history: { past: [...history.past, { state: history.now, what: next.what }], now: next.state, future },
  }
}
