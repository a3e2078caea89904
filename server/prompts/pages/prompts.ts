// The form of a prompt: hear a text before it is saved, hear a chosen file, record with the microphone.
import { toast } from '../../http/browser/index.ts'

const form = document.querySelector<HTMLFormElement>('[data-prompt-form]')
if (form) {
  const part = <E extends HTMLElement>(selector: string) => form.querySelector<E>(selector) as E
  const file = part<HTMLInputElement>('input[type=file]')
  const fields = () => new FormData(form)

  const show = () => {
    const source = String(fields().get('source'))
    part('[data-source=file]').hidden = source !== 'file'
    part('[data-hear]').hidden = source !== 'text'
  }
  form.addEventListener('change', show)
  show()

  const sound = (audio: HTMLAudioElement, blob: Blob) => {
    if (audio.src) URL.revokeObjectURL(audio.src)
    audio.src = URL.createObjectURL(blob)
    audio.hidden = false
  }

  part('[data-hear]').addEventListener('click', async () => {
    const text = String(fields().get('text') ?? '').trim()
    if (text === '') return part<HTMLTextAreaElement>('textarea').focus()
    const answer = await fetch('/api/prompts/preview', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'audio/wav, application/json' },
      body: JSON.stringify({ text, language: String(fields().get('language') ?? '') }),
    }).catch(() => undefined)
    if (!answer?.ok) {
      const body = await answer?.json().catch(() => undefined)
      return toast(body?.error?.message ?? form.dataset.offline ?? '')
    }
    const audio = part<HTMLAudioElement>('[data-preview]')
    sound(audio, await answer.blob())
    audio.play().catch(() => {})
  })

  file.addEventListener('change', () => {
    const chosen = file.files?.[0]
    if (chosen) sound(part<HTMLAudioElement>('[data-chosen]'), chosen)
  })

  // A refused file would be lost if the page were drawn again.
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const save = part<HTMLButtonElement>('[type=submit]')
    save.disabled = true
    const body = fields()
    if (body.get('source') !== 'file') body.delete('file')
    const answer = await fetch(form.action, { method: 'POST', body, headers: { accept: 'application/json' } }).catch(
      () => undefined,
    )
    save.disabled = false
    const line = part('[data-refused]')
    if (answer?.ok) {
      location.href = '/admin/prompts?done=saved'
      return
    }
    const error = (await answer?.json().catch(() => undefined))?.error
    line.textContent = String(Object.values(error?.fields ?? {})[0] ?? error?.message ?? form.dataset.offline)
    line.hidden = false
    line.scrollIntoView({ block: 'nearest' })
  })

  const begin = part<HTMLButtonElement>('[data-record]')
  const stop = part<HTMLButtonElement>('[data-record-stop]')
  begin.hidden = !navigator.mediaDevices || !('MediaRecorder' in globalThis)
  begin.addEventListener('click', async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => undefined)
    if (!stream) return toast(begin.dataset.denied ?? '')
    const recorder = new MediaRecorder(stream)
    const chunks: Blob[] = []
    recorder.addEventListener('dataavailable', ({ data }) => chunks.push(data))
    recorder.addEventListener('stop', async () => {
      for (const track of stream.getTracks()) track.stop()
      begin.hidden = false
      stop.hidden = true
      const wav = await toWav(new Blob(chunks))
      // The form sends it as if it had been chosen from the disk.
      const transfer = new DataTransfer()
      transfer.items.add(new File([wav], 'microfono.wav', { type: 'audio/wav' }))
      file.files = transfer.files
      file.dispatchEvent(new Event('change', { bubbles: true }))
    })
    stop.onclick = () => recorder.stop()
    begin.hidden = true
    stop.hidden = false
    recorder.start()
  })
}

/** What the browser recorded (WebM, Ogg or MP4) as mono WAV of 16 bits. */
async function toWav(recorded: Blob): Promise<Blob> {
  const context = new OfflineAudioContext(1, 1, 16_000)
  const decoded = await context.decodeAudioData(await recorded.arrayBuffer())
  const voice = decoded.getChannelData(0)
  const bytes = new DataView(new ArrayBuffer(44 + voice.length * 2))
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) bytes.setUint8(at + i, value.charCodeAt(i))
  }
  text(0, 'RIFF')
  bytes.setUint32(4, 36 + voice.length * 2, true)
  text(8, 'WAVEfmt ')
  bytes.setUint32(16, 16, true)
  bytes.setUint16(20, 1, true)
  bytes.setUint16(22, 1, true)
  bytes.setUint32(24, decoded.sampleRate, true)
  bytes.setUint32(28, decoded.sampleRate * 2, true)
  bytes.setUint16(32, 2, true)
  bytes.setUint16(34, 16, true)
  text(36, 'data')
  bytes.setUint32(40, voice.length * 2, true)
  voice.forEach((sample, i) => {
    bytes.setInt16(44 + i * 2, Math.max(-1, Math.min(1, sample)) * 32_767, true)
  })
  return new Blob([bytes.buffer as ArrayBuffer], { type: 'audio/wav' })
}
