// The player of one recording: waveform of both voices, what happened marked on it, keys, speed, one voice alone.
import { toast } from '../../http/browser/index.ts'
import { clockText } from './_clock.ts'

type Mark = { kind: string; fromMs: number; toMs?: number }
type Peaks = { channels: 1 | 2; durationMs: number; peaks: number[][] }
/** The switch records on the agent's leg: what the agent says is the left channel, what the agent hears the right one. */
const AGENT = 0
const CITIZEN = 1
const STEP_SECONDS = 5

const player = document.querySelector<HTMLElement>('[data-recording-player]')
if (player) start(player)

function start(root: HTMLElement): void {
  const find = <E extends Element>(selector: string) => root.querySelector<E>(selector) as E
  const audio = find<HTMLAudioElement>('audio')
  const wave = find<HTMLElement>('.recording-wave')
  const canvas = find<HTMLCanvasElement>('canvas')
  const head = find<HTMLElement>('.recording-head')
  const toggle = find<HTMLButtonElement>('[data-toggle]')
  const fault = find<HTMLElement>('[data-fault]')
  let peaks: Peaks | undefined
  let seconds = Number(root.dataset.ms ?? 0) / 1_000
  /** Where to begin before anything is loaded. */
  let waiting: number | undefined = fromAddress()

  const position = () => waiting ?? audio.currentTime
  function seek(to: number): void {
    const wanted = Math.max(0, Math.min(seconds, to))
    if (audio.readyState >= HTMLMediaElement.HAVE_METADATA) {
      audio.currentTime = wanted
      waiting = undefined
    } else waiting = wanted
    show()
  }
  function show(): void {
    const at = position()
    head.style.left = `${seconds === 0 ? 0 : (at / seconds) * 100}%`
    find<HTMLElement>('[data-at]').textContent = clockText(at * 1_000)
    wave.setAttribute('aria-valuemax', String(Math.round(seconds)))
    wave.setAttribute('aria-valuenow', String(Math.round(at)))
    wave.setAttribute('aria-valuetext', `${clockText(at * 1_000)} / ${clockText(seconds * 1_000)}`)
    toggle.textContent = audio.paused ? `▶ ${root.dataset.play}` : `❚❚ ${root.dataset.pause}`
  }
  async function play(): Promise<void> {
    if (!audio.paused) return audio.pause()
    try {
      await context?.resume()
      await audio.play()
      fault.textContent = ''
    } catch {
      fault.textContent = root.dataset.failed ?? ''
    }
  }

  audio.addEventListener('loadedmetadata', () => {
    if (Number.isFinite(audio.duration) && audio.duration > 0) {
      seconds = audio.duration
      find<HTMLElement>('[data-of]').textContent = clockText(seconds * 1_000)
      marks()
    }
    if (waiting !== undefined) seek(waiting)
  })
  for (const name of ['timeupdate', 'play', 'pause', 'ended', 'seeked']) audio.addEventListener(name, show)
  toggle.addEventListener('click', () => void play())
  find<HTMLSelectElement>('[data-speed]').addEventListener('change', (event) => {
    audio.playbackRate = Number((event.target as HTMLSelectElement).value)
  })
  find<HTMLInputElement>('[data-volume]').addEventListener('input', (event) => {
    audio.volume = Number((event.target as HTMLInputElement).value)
  })

  // One voice alone: through the sound graph, which is made only when somebody asks for it.
  let context: AudioContext | undefined
  let route: ((voice: string) => void) | undefined
  root.querySelector<HTMLSelectElement>('[data-channel]')?.addEventListener('change', (event) => {
    const voice = (event.target as HTMLSelectElement).value
    route ??= graph()
    route(voice)
  })
  function graph(): (voice: string) => void {
    context = new AudioContext()
    const source = context.createMediaElementSource(audio)
    const splitter = context.createChannelSplitter(2)
    const merger = context.createChannelMerger(2)
    source.connect(splitter)
    merger.connect(context.destination)
    return (voice) => {
      splitter.disconnect()
      const left = voice === 'citizen' ? CITIZEN : AGENT
      const right = voice === 'agent' ? AGENT : CITIZEN
      splitter.connect(merger, left, 0)
      splitter.connect(merger, right, 1)
      if (!audio.paused) void context?.resume()
    }
  }

  // Seeking: pointer, keys, the list of marks.
  const at = (event: PointerEvent) => {
    const { left, width } = wave.getBoundingClientRect()
    seek(((event.clientX - left) / width) * seconds)
  }
  wave.addEventListener('pointerdown', (event) => {
    wave.setPointerCapture(event.pointerId)
    at(event)
  })
  wave.addEventListener('pointermove', (event) => {
    if (wave.hasPointerCapture(event.pointerId)) at(event)
  })
  root.addEventListener('keydown', (event) => {
    if (event.target !== wave) return
    const moves: Record<string, number> = {
      ArrowRight: position() + (event.shiftKey ? 1 : STEP_SECONDS),
      ArrowLeft: position() - (event.shiftKey ? 1 : STEP_SECONDS),
      ArrowUp: position() + STEP_SECONDS,
      ArrowDown: position() - STEP_SECONDS,
      PageUp: position() + 30,
      PageDown: position() - 30,
      Home: 0,
      End: seconds,
    }
    if (event.key === ' ' || event.key === 'Enter') void play()
    else if (event.key in moves) seek(moves[event.key] as number)
    else return
    event.preventDefault()
  })
  document.addEventListener('click', (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>('[data-seek]')
    if (!button) return
    seek(Number(button.dataset.seek) / 1_000)
    wave.scrollIntoView({ block: 'nearest' })
  })
  find<HTMLButtonElement>('[data-copy-link]').addEventListener('click', async () => {
    const link = `${location.origin}${location.pathname}#t=${Math.floor(position())}`
    history.replaceState(null, '', link)
    await navigator.clipboard?.writeText(link).then(
      () => toast(root.dataset.copied ?? ''),
      () => toast(link),
    )
  })

  function marks(): void {
    const bands = find<HTMLElement>('.recording-bands')
    bands.replaceChildren()
    const list: Mark[] = JSON.parse(root.dataset.marks ?? '[]')
    let row = 0
    for (const { kind, fromMs, toMs } of list) {
      if (fromMs < 0 && (toMs ?? fromMs) <= 0) continue
      const band = document.createElement('div')
      band.className = `recording-band recording-${kind} ${['', 'is-low', 'is-lower'][row++ % 3]}`
      band.style.left = `${(Math.max(0, fromMs) / 10 / seconds).toFixed(3)}%`
      if (toMs !== undefined) band.style.width = `${((toMs - Math.max(0, fromMs)) / 10 / seconds).toFixed(3)}%`
      const label = document.createElement('span')
      label.textContent = document.querySelector(`[data-mark-name="${kind}"]`)?.textContent ?? ''
      if (label.textContent) band.append(label)
      bands.append(band)
    }
  }

  function draw(): void {
    const { width, height } = wave.getBoundingClientRect()
    const scale = devicePixelRatio || 1
    canvas.width = width * scale
    canvas.height = height * scale
    const pen = canvas.getContext('2d')
    if (!pen || !peaks) return
    const style = getComputedStyle(document.documentElement)
    const lanes =
      peaks.channels === 2
        ? [peaks.peaks[CITIZEN] as number[], peaks.peaks[AGENT] as number[]]
        : [peaks.peaks[0] as number[]]
    const colours = [style.getPropertyValue('--chart-1'), style.getPropertyValue('--chart-2')]
    const lane = canvas.height / lanes.length
    lanes.forEach((list, index) => {
      pen.fillStyle = colours[index] ?? '#000'
      const middle = lane * (index + 0.5)
      const step = canvas.width / list.length
      list.forEach((value, i) => {
        const half = Math.max(0.5 * scale, (value / 127) * (lane / 2) * 0.94)
        pen.fillRect(i * step, middle - half, Math.max(1, step * 0.8), half * 2)
      })
      if (index > 0) {
        pen.fillStyle = style.getPropertyValue('--line')
        pen.fillRect(0, lane * index, canvas.width, scale)
      }
    })
  }
  function fromAddress(): number | undefined {
    const match = /^#t=(\d{1,6})$/.exec(location.hash)
    return match ? Math.min(Number(match[1]), seconds) : undefined
  }

  fetch(`/recordings/${root.dataset.id}/peaks`, { headers: { accept: 'application/json' } })
    .then(async (answer) => {
      const body = await answer.json()
      if (!answer.ok) throw new Error(body?.error?.message ?? root.dataset.failed)
      peaks = body as Peaks
      if (seconds === 0) {
        seconds = peaks.durationMs / 1_000
        find<HTMLElement>('[data-of]').textContent = clockText(peaks.durationMs)
      }
      draw()
      marks()
      show()
    })
    .catch((error: Error) => {
      fault.textContent = error.message
    })
  new ResizeObserver(draw).observe(wave)
  marks()
  show()
}
