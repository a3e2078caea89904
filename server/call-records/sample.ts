// A call record as mod_json_cdr of FreeSWITCH 1.11.1 writes it, cut to what is read: for specs.

export type Sample = {
  core?: string
  uuid: string
  direction?: 'inbound' | 'outbound'
  /** UTC ms; written in microseconds as the switch does. */
  start: number
  answer?: number
  bridge?: number
  end: number
  from?: string
  to?: string
  context?: string
  cause?: string
  variables?: Record<string, string>
}

/** The object of one file. */
export function sampleRecord(sample: Sample) {
  const { uuid, start, end, from = '3424111222', to = '08000000147' } = sample
  const micros = (at: number | undefined) => (at === undefined ? '0' : String(Math.round(at * 1000)))
  const profile = { caller_id_number: from, uuid, chan_name: 'sofia/trunk/x', source: 'mod_sofia' }
  const times = {
    created_time: micros(start),
    answered_time: micros(sample.answer),
    bridged_time: micros(sample.bridge),
    hangup_time: micros(end),
  }
  return {
    'core-uuid': sample.core ?? 'core-1',
    switchname: 'vera',
    channel_data: { state: 'CS_REPORTING', direction: sample.direction ?? 'inbound', state_number: '11' },
    variables: {
      direction: sample.direction ?? 'inbound',
      uuid,
      start_uepoch: micros(start),
      answer_uepoch: micros(sample.answer),
      bridge_uepoch: micros(sample.bridge),
      end_uepoch: micros(end),
      hangup_cause: sample.cause ?? 'NORMAL_CLEARING',
      hangup_cause_q850: '16',
      ...sample.variables,
    },
    callflow: [
      { caller_profile: { ...profile, destination_number: 'vera_wait', context: 'vera' }, times },
      { caller_profile: { ...profile, destination_number: to, context: sample.context ?? 'public' }, times },
    ],
  }
}

/** A caller's leg that entered by the trunk. */
export const callerRecord = (sample: Sample) =>
  sampleRecord({ ...sample, variables: { vera_entry: sample.to ?? '08000000147', ...sample.variables } })
