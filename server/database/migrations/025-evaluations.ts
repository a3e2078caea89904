import type { Knex } from 'knex'
import { agency, flag, instant, uuid } from './columns.ts'

/** Evaluations of quality: forms in versions, what was answered, and which calls are to be evaluated by whom until when. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('evaluation_forms', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 120).notNullable()
    flag(t, 'active', true)
    instant(t, 'created_at').notNullable()
    t.index(['agency_id', 'name'])
  })
  await knex.schema.createTable('evaluation_form_versions', (t) => {
    t.increments('id')
    agency(t)
    t.integer('form_id').unsigned().notNullable().references('id').inTable('evaluation_forms')
    t.integer('number').notNullable()
    t.string('state', 10).notNullable() // draft, published: a published one never changes
    t.text('content', 'longtext').notNullable() // JSON
    /** Raised by each save, so that of two people who change the same draft none undoes the other's work. */
    t.integer('revision').notNullable().defaultTo(1)
    instant(t, 'updated_at').notNullable()
    instant(t, 'published_at')
    t.integer('published_by').unsigned()
    t.unique(['form_id', 'number'])
  })
  await knex.schema.createTable('evaluations', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    uuid(t, 'interaction_id').notNullable()
    uuid(t, 'recording_id')
    instant(t, 'called_at').notNullable()
    t.integer('agent_id').unsigned().notNullable()
    t.integer('queue_id').unsigned()
    t.integer('form_id').unsigned().notNullable().references('id').inTable('evaluation_forms')
    t.integer('version_id').unsigned().notNullable().references('id').inTable('evaluation_form_versions')
    t.integer('evaluator_id').unsigned().notNullable()
    t.string('state', 10).notNullable() // draft, published, disputed, closed
    t.integer('revision').notNullable().defaultTo(1)
    t.text('comment').notNullable()
    t.integer('score') // hundredths of a point of 100; null: nothing that counts was answered
    t.integer('score_before') // of what was corrected after a dispute
    t.integer('fatal').notNullable().defaultTo(0) // critical questions failed
    t.boolean('passed')
    instant(t, 'created_at').notNullable()
    instant(t, 'updated_at').notNullable()
    instant(t, 'published_at')
    instant(t, 'seen_at') // by the agent
    instant(t, 'acknowledged_at')
    instant(t, 'disputed_at')
    t.text('dispute')
    instant(t, 'closed_at')
    t.integer('closed_by').unsigned()
    t.text('resolution')
    // The same person evaluates a talk once by a form, however often the button is pressed.
    t.unique(['interaction_id', 'agent_id', 'form_id', 'evaluator_id'], { indexName: 'evaluations_once' })
    t.index(['agency_id', 'published_at'])
    t.index(['agency_id', 'agent_id', 'published_at'])
    t.index(['agency_id', 'state'])
    t.index('recording_id')
  })
  await knex.schema.createTable('evaluation_answers', (t) => {
    uuid(t, 'evaluation_id').notNullable().references('id').inTable('evaluations').onDelete('CASCADE')
    t.string('question', 20).notNullable()
    agency(t)
    t.string('value', 20) // yes, no, na, 1 to 5, or a choice; null: only commented yet
    t.text('comment')
    t.integer('at_ms') // where in the recording
    t.primary(['evaluation_id', 'question'])
  })
  await knex.schema.createTable('evaluation_sections', (t) => {
    uuid(t, 'evaluation_id').notNullable().references('id').inTable('evaluations').onDelete('CASCADE')
    t.string('section', 20).notNullable()
    agency(t)
    t.integer('score') // as evaluations.score
    t.primary(['evaluation_id', 'section'])
  })
  await knex.schema.createTable('evaluation_tasks', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 120).notNullable()
    t.integer('form_id').unsigned().notNullable().references('id').inTable('evaluation_forms')
    t.integer('evaluator_id').unsigned().notNullable()
    t.integer('queue_id').unsigned()
    t.text('agent_ids').notNullable() // JSON; empty: everybody who talked
    t.integer('per_agent').notNullable()
    t.bigInteger('min_ms').notNullable()
    instant(t, 'calls_from').notNullable()
    instant(t, 'calls_to').notNullable()
    instant(t, 'due_at').notNullable()
    t.string('seed', 40).notNullable() // by which anybody can draw the same again
    flag(t, 'monthly', false)
    /** The first of a row of monthly ones. */
    t.integer('series_id').unsigned()
    t.integer('created_by').unsigned().notNullable()
    instant(t, 'created_at').notNullable()
    instant(t, 'drawn_at')
    instant(t, 'cancelled_at')
    // Of several servers one makes the next month's.
    t.unique(['series_id', 'calls_from'])
    t.index(['agency_id', 'due_at'])
  })
  await knex.schema.createTable('evaluation_task_agents', (t) => {
    t.integer('task_id').unsigned().notNullable().references('id').inTable('evaluation_tasks')
    t.integer('agent_id').unsigned().notNullable()
    agency(t)
    t.integer('eligible').notNullable()
    t.integer('unrecorded').notNullable()
    t.primary(['task_id', 'agent_id'])
  })
  await knex.schema.createTable('evaluation_task_items', (t) => {
    t.integer('task_id').unsigned().notNullable().references('id').inTable('evaluation_tasks')
    uuid(t, 'recording_id').notNullable()
    agency(t)
    uuid(t, 'interaction_id').notNullable()
    t.integer('agent_id').unsigned().notNullable()
    instant(t, 'called_at').notNullable()
    instant(t, 'drawn_at').notNullable()
    uuid(t, 'evaluation_id')
    instant(t, 'replaced_at')
    t.string('replaced_why', 200)
    t.primary(['task_id', 'recording_id'])
    t.index('evaluation_id')
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
