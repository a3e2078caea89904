import { AppError } from '../http/index.ts'

/** When the day `2026-11-23` (plus so many days) begins in that zone, UTC ms. @throws AppError when there is no such day */
export function dayStart(day: string, timeZone: string, plusDays = 0): number {
  const utc = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(utc)) throw new AppError('request.invalid', 400)
  const wanted = utc + plusDays * 86_400_000
  // The offset of the zone, read at the instant found with the first guess: twice settles a change of clocks.
  let at = wanted
  for (let round = 0; round < 2; round++) at = wanted - offsetAt(at, timeZone)
  return at
}

function offsetAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return local - Math.floor(at / 1000) * 1000
}
