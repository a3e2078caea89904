const ofModel = 'what a model foresees: no facts lie behind it, the report says from what it was learnt'
const ofOthers = 'follows from the cells beside it, which are explained'
/**
 * Figures that open nothing, and why: `report/table`, `report/table.column` or `report/highlights`. Whoever adds a column to a report
 * explains it or says here why not.
 */
export const unexplained: Record<string, string> = {
  'day/counts.difference': ofOthers,
  'day/counts.change': ofOthers,
  'day/levels.difference': ofOthers,
  'day/times.difference': ofOthers,
  'day/times.change': ofOthers,
  'day/plan.agents_gap': ofOthers,
  'day/plan.calls_gap': ofOthers,
  'day/plan.expected': ofModel,
  'waits/distribution.share': ofOthers,
  'topics/dispositions.share': ofOthers,
  'service-level/targets': 'settings that were in force, with how many stays began under each',
  'staffing/highlights': ofModel,
  ...Object.fromEntries(
    ['expected', 'needed', 'people', 'roster', 'gap', 'level', 'cost_needed', 'cost_planned'].map((id) => [
      `staffing/half_hours.${id}`,
      ofModel,
    ]),
  ),
  'staffing/what_if': ofModel,
  ...Object.fromEntries(
    ['expected', 'there', 'predicted', 'observed', 'off'].map((id) => [`staffing/yesterday.${id}`, ofModel]),
  ),
  'staffing/skills': ofModel,
  'staffing/patience': ofModel,
  'staffing/how': ofModel,
}
