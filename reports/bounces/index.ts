export { type Bounces, type BouncesState, createBounces } from './bounces.ts'
export { imapMailbox } from './mailbox.ts'
export { reasonOf } from './reason.ts'
export { listBounces } from './store.ts'
