/** One line of the doctor's. `warning`: it works, but somebody should look. */
export type Finding = { state: 'good' | 'warning' | 'bad'; text: string }
