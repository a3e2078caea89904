import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Channel } from './channel.ts'

/** The present caller profile with its instants (microseconds), as an entry of `callflow`. */
export function profileRecord(channel: Channel): object {
  const { profile, times } = channel
  return {
    dialplan: profile.dialplan.toLowerCase(),
    profile_index: String(channel.profileIndex),
    caller_profile: {
      username: profile.number,
      dialplan: profile.dialplan.toLowerCase(),
      caller_id_name: profile.name,
      ani: profile.number,
      aniii: '',
      caller_id_number: profile.number,
      network_addr: channel.variables.get('sip_network_ip') ?? '',
      rdnis: '',
      destination_number: profile.destination,
      uuid: channel.uuid,
      source: profile.source,
      context: profile.context,
      chan_name: channel.name,
    },
    times: {
      created_time: String(times.created),
      profile_created_time: String(times.profile),
      progress_time: String(times.progress),
      progress_media_time: String(times.media),
      answered_time: String(times.answered),
      bridged_time: String(times.bridged),
      last_hold_time: String(times.lastHold),
      hold_accum_time: String(times.holdSum),
      hangup_time: String(times.hungUp),
      resurrect_time: '0',
      transfer_time: String(times.transfer),
    },
  }
}

/** One file a leg, in the shape of mod_json_cdr with its file names. */
export function writeCdr(folder: string, channel: Channel): void {
  const { core } = channel
  const record = {
    'core-uuid': core.uuid,
    switchname: core.globals.get('vera_switch_name') ?? 'vera',
    channel_data: { state: 'CS_REPORTING', direction: channel.direction, state_number: '11' },
    callStats: {},
    variables: Object.fromEntries(channel.variables),
    app_log: { applications: channel.ran },
    callflow: [profileRecord(channel), ...channel.flow],
  }
  try {
    writeFileSync(join(folder, `${channel.uuid}.cdr.json`), JSON.stringify(record))
  } catch (error) {
    core.log(`call detail of ${channel.uuid} was not written: ${(error as Error).message}`)
  }
}
