// What nodes ask of the platform: one small port for each capability. server/platform.ts fills them.
import type { CallData, Calls, CitizenData, PromptPort, QueuePort, TicketData } from '../../server/flows/types.ts'
import type { Grammar, Heard } from '../../server/recognition/types.ts'

export type {
  CallData,
  CallMessage,
  Calls,
  CitizenData,
  FlowCall,
  PromptPort,
  QueuePort,
  TicketData,
} from '../../server/flows/types.ts'

export type CitizenPort = {
  /** By the caller's number in any notation; undefined when none or more than one fits. */
  byPhone(agencyId: number, phone: string): Promise<CitizenData | undefined>
  byDni(agencyId: number, dni: string): Promise<CitizenData | undefined>
  byCuit(agencyId: number, cuit: string): Promise<CitizenData | undefined>
  /** Creates, or changes the one with this id, DNI or CUIT. Rejects when the values are not valid. */
  save(
    agencyId: number,
    values: { id?: number; name: string; dni?: string; cuit?: string; phone?: string; email?: string },
  ): Promise<CitizenData>
}
export type TicketPort = {
  create(
    agencyId: number,
    values: {
      subject: string
      description: string
      priority: 'low' | 'normal' | 'high' | 'urgent'
      origin: 'flow' | 'voicemail'
      interactionId: string
      citizenId?: number
      /** Names within the agency; an unknown one is left out. */
      topic?: string
      backOffice?: string
    },
  ): Promise<TicketData>
  byNumber(agencyId: number, number: number): Promise<TicketData | undefined>
  /** The citizen's newest in this agency. */
  latest(agencyId: number, citizenId: number): Promise<TicketData | undefined>
}
export type CalendarPort = {
  /**
   * Undefined when the agency has no calendar of that name. Name '': the agency's own, which is the one of its first queue
   * that has one, else its first.
   */
  status(agencyId: number, name: string, at: number): Promise<'open' | 'closed' | 'holiday' | undefined>
}
export type CallbackPort = {
  request(request: {
    agencyId: number
    queueId: number
    interactionId: string
    number: string
    citizenId?: number
  }): Promise<void>
}
export type RecordingPort = {
  /** A new file for a voice mail; its folder exists and the switch sees it. `path` is absolute, `relative` below RECORDINGS_DIR. */
  open(agencyId: number, interactionId: string): Promise<{ id: string; path: string; relative: string }>
  /** What was really written; undefined when there is no file. */
  measure(path: string): Promise<{ bytes: number; sha256: string } | undefined>
}
export type MaskingPort = {
  /** How many recordings of the call were silenced or are heard again; 0: none runs. Rejects when the switch refused one. */
  set(call: { agencyId: number; interactionId: string; leg: string }, masked: boolean): Promise<number>
}
export type DialPort = {
  /** Dial strings of freeswitch/esl `dialString`. */
  extension(extension: string): string
  number(number: string, agencyId: number): string
}
/** Understands a few words. Absent, or with nothing that can listen: keys only. */
export type SpeechPort = {
  /** Whether there is any sense in asking somebody to speak. */
  available(): Promise<boolean>
  /** A new file for an utterance (absolute, .wav) in a folder that the switch sees too. */
  open(): Promise<string>
  /** Never rejects; see server/recognition. */
  recognise(path: string, about: { language: CallData['language']; grammar: Grammar }): Promise<Heard>
  /** Deletes the utterance, unless the agency keeps them. Never rejects. */
  close(path: string, agencyId: number): Promise<void>
}
/** What the editor offers in its lists; names and codes only. */
export type Choices = {
  queues: { value: string; label: string }[]
  calendars: { value: string; label: string }[]
  topics: { value: string; label: string }[]
  backOffices: { value: string; label: string }[]
  recordings: { value: string; label: string }[]
  numbers: { value: string; label: string }[]
}

/** `settings.vera` of Node-RED. */
export type Platform = {
  calls: Calls
  citizens: CitizenPort
  tickets: TicketPort
  queues: QueuePort
  calendars: CalendarPort
  callbacks: CallbackPort
  prompts: PromptPort
  recordings: RecordingPort
  masking?: MaskingPort
  dial: DialPort
  speech?: SpeechPort
  choices(): Promise<Choices>
  now?(): number
}
