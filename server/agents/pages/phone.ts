// The phone for pages of other rooms, which load it by its address: /assets/agents/phone.js.
export { startPhone } from './_phone.ts'
