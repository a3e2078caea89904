// Who hides the number comes with a word in its place, and each carrier has its own.
const words =
  /^(anonymous|anonimo|unknown|restricted|unavailable|private|withheld|id ?withheld|asserted|none|null|n\/?a)?$/i
/** The word "anonymous" on a keypad, which some exchanges put where a number must stand. */
const keypad = /^\+?266696687$/

/** The caller's number, or '' for one who has none or hides it: nobody is to be known again, called back or looked up by that word. */
export function callerNumber(given: string | undefined): string {
  const number = (given ?? '').trim()
  return words.test(number) || keypad.test(number) || /^\+?0+$/.test(number) ? '' : number
}
