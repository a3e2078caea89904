// What callers hear: texts made speech, and the library of recordings that staff upload.
export {
  type By,
  createPrompts,
  type NamedPrompt,
  NoSuchPrompt,
  type PromptAbout,
  PromptInUse,
  type Prompts,
  type PromptsOptions,
  type PromptVersion,
} from './prompts.ts'
export { UploadRefused } from './refused.ts'
export { type PromptsRoutesOptions, promptsRoutes } from './routes.ts'
export { espeak, type SpeechCommand, type Voice, voicesOf } from './speech.ts'
export { spokenText } from './spoken.ts'
export type { PromptUse } from './used.ts'
export { readWav, resample, type Sound, writeWav } from './wav.ts'
