/** Seconds of a call, days of a period, how many of each. */
export const taskLimits = { perAgent: 50, minSeconds: 7_200, days: 92, agents: 500 } as const
