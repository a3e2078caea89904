import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function endings(stage: Stage): void {
  const { answered, folder, prompt, long } = stage

  it('settles a verb when the caller hangs up in the middle of it', limit, async () => {
    for (const verb of ['play', 'gather', 'record'] as const) {
      const { call, ended } = await answered({ hangUpAfterMs: 400 })
      const path = join(folder, `cut-${verb}.wav`)
      const result =
        verb === 'play'
          ? await call.play([{ file: long }])
          : verb === 'gather'
            ? await call.gather({
                prompts: [{ file: long }],
                min: 1,
                max: 1,
                timeoutMs: 1000,
                betweenMs: 1000,
                terminators: '#',
              })
            : await call.record({ path, maxSeconds: 9, silenceSeconds: 0, terminators: '#', beep: false })
      assert.equal(result.ended, 'hangup', verb)
      assert.equal((await call.ended).side, 'caller', verb)
      assert.deepEqual((await ended).ended, { cause: 'NORMAL_CLEARING', side: 'caller' }, verb)
      assert.equal((await call.play([{ file: prompt }])).ended, 'hangup', 'a verb on a dead leg')
    }
  })

  it('ends a leg that is told an unknown application', limit, async () => {
    const { call, ended } = await answered()
    await stage.client.execute(call.uuid, 'nosuchapplication')
    assert.equal((await call.ended).cause, 'DESTINATION_OUT_OF_ORDER')
    await ended
  })
}
