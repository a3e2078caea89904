/**
 * The data-health seal of a period: what the switch's records, the facts, the recordings and the roll-ups say of the same calls.
 * `good`: they agree; `warning`: something is missing and explained; `bad`: something is unexplained.
 */
export type Seal = {
  state: 'good' | 'warning' | 'bad'
  /** One line for covers, screens and mails: «1.204 llamadas, 0 sin explicar, 2 grabaciones faltan». */
  text: string
  checks: {
    id: string
    label: string
    /** How many were compared, and how many of them do not agree. */
    compared: number
    wrong: number
    /** Where the list of them is. */
    href?: string
  }[]
  /** When it was compared, UTC ms. */
  at: number
  /** It is still being compared: `text` says how far, and whoever wants to know asks again. */
  pending?: true
}
