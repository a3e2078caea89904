import { dirname } from 'node:path'

/** A verb of `npx vera`. `run` returns the exit code: 0 done, 1 refused; usage faults are thrown as UsageError (2). */
export type Verb = {
  /** One line for the list of verbs. */
  summary: string
  /** Shown by `--help`. */
  help: string
  run(args: string[]): Promise<number>
}

export class UsageError extends Error {}

/** Where the configuration is looked for. */
export const repository = dirname(dirname(import.meta.dirname))
