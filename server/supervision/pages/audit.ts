// The page of what supervisors did: the setting beside the list.
import { t, toast } from '../../http/browser/index.ts'

const box = document.getElementById('tell-agents') as HTMLInputElement | null
box?.addEventListener('change', async () => {
  const response = await fetch('/api/supervision/settings', {
    method: 'PUT',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ tellAgents: box.checked }),
  })
  if (response.ok) toast(t('supervision.audit.saved'))
  else {
    box.checked = !box.checked
    toast(t('supervision.audit.not_saved'), 'fault')
  }
})
