export { answer, type Lines } from './asked.ts'
export { type CertificateState, certificateState, expiryWarning } from './certificate.ts'
export { type BrowserCredential, createPhones, type Phones, type PhonesOptions } from './phones.ts'
export { type PhoneRoutesOptions, phoneRoutes } from './routes.ts'
export {
  type CertificatePlace,
  type Certificates,
  createCertificates,
  type ShownCertificate,
  shownChain,
} from './shown.ts'
export type { BlockedSource, PhoneRow } from './store.ts'
export { type SwitchRoutesOptions, switchAddresses, switchRoutes } from './switch-routes.ts'
export { type PhoneNode, phoneEvents, type RaiseAlarm, type Registration } from './types.ts'
