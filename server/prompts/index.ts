// What callers hear: texts made speech, and recordings that staff upload.
export {
  createPrompts,
  type NamedPrompt,
  NoSuchPrompt,
  type PromptAbout,
  type Prompts,
  type PromptsOptions,
  spokenText,
} from './prompts.ts'
export { type PromptsRoutesOptions, promptsRoutes } from './routes.ts'
export { espeak, type SpeechCommand } from './speech.ts'
export { readWav, resample, type Sound, writeWav } from './wav.ts'
