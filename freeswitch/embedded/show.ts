import type { Channel } from './channel.ts'
import type { Core } from './core.ts'

const columns =
  'uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,application,application_data,dialplan,context,read_codec,read_rate,read_bit_rate,write_codec,write_rate,write_bit_rate,secure,hostname,presence_id,presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,sent_callee_name,sent_callee_num,initial_cid_name,initial_cid_num,initial_ip_addr,initial_dest,initial_dialplan,initial_context'.split(
    ',',
  )
const callColumns =
  'uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,presence_id,presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,hostname,sent_callee_name,sent_callee_num'.split(
    ',',
  )

function row(channel: Channel): Record<string, string> {
  const { profile } = channel
  const seconds = Math.floor(channel.times.created / 1e6)
  const out: Record<string, string> = {
    uuid: channel.uuid,
    direction: channel.direction,
    created: new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' '),
    created_epoch: String(seconds),
    name: channel.name,
    state: channel.state,
    cid_name: profile.name,
    cid_num: profile.number,
    ip_addr: '127.0.0.1',
    dest: profile.destination,
    application: channel.application,
    application_data: channel.applicationData,
    dialplan: profile.dialplan,
    context: profile.context,
    read_codec: 'PCMA',
    read_rate: '8000',
    read_bit_rate: '64000',
    write_codec: 'PCMA',
    write_rate: '8000',
    write_bit_rate: '64000',
    hostname: channel.core.globals.get('vera_switch_name') ?? 'vera',
    presence_id: channel.variables.get('presence_id') ?? '',
    callstate: channel.callState,
    callee_name: profile.calleeName,
    callee_num: profile.calleeNumber,
    call_uuid: channel.variables.get('call_uuid') ?? '',
    initial_cid_name: profile.name,
    initial_cid_num: profile.number,
    initial_ip_addr: '127.0.0.1',
    initial_dest: profile.destination,
    initial_dialplan: profile.dialplan,
    initial_context: profile.context,
  }
  for (const column of columns) out[column] ??= ''
  return out
}

function table(names: string[], rows: Record<string, string>[]): string {
  if (rows.length === 0) return '\n0 total.\n'
  return `${names.join(',')}\n${rows.map((one) => names.map((name) => one[name] ?? '').join(',')).join('\n')}\n\n${rows.length} total.\n`
}
/** A table as `as json` gives it. */
export function asJson(rows: Record<string, string>[]): string {
  return rows.length === 0 ? '{"row_count": 0}\n' : `${JSON.stringify({ row_count: rows.length, rows })}\n`
}

/** `show channels [count] [as json]`. */
export function showChannels(core: Core, json: boolean, count: boolean): string {
  const rows = [...core.channels.values()].map(row)
  if (count) return json ? `{"row_count":${rows.length}}\n` : `\n${rows.length} total.\n`
  return json ? asJson(rows) : table(columns, rows)
}

/** `show calls [as json]`: bridged legs as one row with the other's columns behind `b_`, all others alone. */
export function showCalls(core: Core, json: boolean): string {
  const seen = new Set<Channel>()
  const rows: Record<string, string>[] = []
  for (const channel of core.channels.values()) {
    if (seen.has(channel)) continue
    seen.add(channel)
    const own = row(channel)
    const out = Object.fromEntries(callColumns.map((column) => [column, own[column] ?? '']))
    const { peer } = channel
    if (peer) seen.add(peer)
    const other = peer ? row(peer) : {}
    for (const column of callColumns) {
      if (column !== 'call_uuid' && column !== 'hostname') out[`b_${column}`] = other[column] ?? ''
    }
    out.call_created_epoch = own.created_epoch!
    rows.push(out)
  }
  return json ? asJson(rows) : table(Object.keys(rows[0] ?? {}), rows)
}
