import type { Application } from './applications.ts'
import type { Channel } from './channel.ts'
import { play } from './playing.ts'
import { separate } from './separate.ts'

/**
 * Collects digits: the prompt (stopped by the first key), then up to `firstMs` for the first key and `betweenMs` between
 * keys. The real one waits at least a second for the first one, whatever is asked [captured].
 */
async function collect(
  channel: Channel,
  prompt: string,
  max: number,
  firstMs: number,
  betweenMs: number,
  ends: string,
): Promise<{ digits: string; terminator?: string; missing: boolean; gone: boolean }> {
  let digits = ''
  const result = (terminator?: string, gone = false) => ({
    digits,
    ...(terminator ? { terminator } : {}),
    missing: false,
    gone,
  })
  if (prompt) {
    const played = await play(channel, prompt, () => true, true)
    if (played.how === 'missing') return { digits, missing: true, gone: false }
    if (played.how === 'gone') return result(undefined, true)
    if (played.key !== undefined) {
      if (ends.includes(played.key)) return result(played.key)
      digits += played.key
    }
  }
  while (digits.length < max) {
    const woken = await channel.pass(digits === '' ? Math.max(1000, firstMs) : Math.max(1000, betweenMs), true)
    if (woken === 'abort') return result(undefined, true)
    if (woken !== 'key') break
    const digit = channel.takeKey()
    if (digit === undefined) continue
    if (ends.includes(digit)) return result(digit)
    digits += digit
  }
  return result()
}

/** play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid file> <var> <regexp> [<digit timeout>] */
export const playAndGetDigits: Application = async (channel, data) => {
  const [
    min = '1',
    max = '1',
    tries = '1',
    timeout = '5000',
    ends = '#',
    file = '',
    invalid = '',
    name = '',
    regexp = '',
    between,
  ] = separate(data, ' ')
  const pattern = regexp ? new RegExp(`^(?:${regexp})$`) : undefined
  channel.set(name, undefined)
  for (let left = Math.max(1, Number(tries)); left > 0 && !channel.aborted; left--) {
    const got = await collect(
      channel,
      file,
      Number(max),
      Number(timeout),
      Number(between ?? timeout),
      ends === 'none' ? '' : ends,
    )
    if (got.terminator) channel.set('read_terminator_used', got.terminator)
    if (got.gone) break
    if (got.digits.length >= Number(min) && (!pattern || pattern.test(got.digits))) {
      channel.set(name, got.digits)
      channel.set('read_result', 'success')
      return undefined
    }
    channel.set('read_result', 'failure')
    if (invalid && !got.gone) await play(channel, invalid, () => true, true)
  }
  channel.set('read_result', 'failure')
  return undefined
}

/** read <min> <max> <file> <var> <timeout> <terminators> */
export const read: Application = async (channel, data) => {
  const [min = '1', max = '1', file = '', name = '', timeout = '5000', ends = '#'] = separate(data, ' ')
  channel.set(name, undefined)
  const got = await collect(
    channel,
    file === 'silence' ? '' : file,
    Number(max),
    Number(timeout),
    Number(timeout),
    ends === 'none' ? '' : ends,
  )
  channel.set('read_terminator_used', got.terminator)
  channel.set(name, got.digits)
  const enough = got.digits.length >= Number(min)
  channel.set(
    'read_result',
    enough && (got.terminator || got.digits.length >= Number(max)) ? 'success' : enough ? 'timeout' : 'failure',
  )
  return undefined
}
