import { campaignSource } from '../campaigns/source.ts'
import { evaluationSource, sectionSource } from '../evaluations/source.ts'
import { firstContactSource } from '../first-contact/source.ts'
import { answersSource, journeysSource, stepsSource, waysSource } from '../ivr/sources.ts'
import { recordingSource } from '../recordings/source.ts'
import { shiftSource } from '../staffing/shifts.ts'
import { ticketSource } from '../tickets/source.ts'
import { dispositionSource } from '../topics/dispositions.ts'
import type { ReadFamily } from './figure.ts'
import type { Source } from './source.ts'

/** Where the facts of each family come from; reports read them from there too. */
export const sources: Record<ReadFamily, Source> = {
  campaign: campaignSource,
  disposition: dispositionSource,
  first_contact: firstContactSource,
  shift: shiftSource,
  journey: journeysSource,
  step: stepsSource,
  answer: answersSource,
  way: waysSource,
  ticket: ticketSource,
  recording: recordingSource,
  evaluation: evaluationSource,
  evaluation_section: sectionSource,
}
