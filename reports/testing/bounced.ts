// Notifications as mail servers write them.
const crlf = (text: string) => Buffer.from(text.replace(/\r?\n/g, '\r\n'))

export type Came = { id: string; to: string }

export const postfix = ({ id, to }: Came, { action = 'failed', status = '5.1.1', original = to } = {}) =>
  crlf(`Return-Path: <>
Received: by correo.ejemplo.gob.ar (Postfix) id 4C1; Tue,  3 Mar 2026 07:00:04 -0300 (-03)
From: MAILER-DAEMON@correo.ejemplo.gob.ar (Mail Delivery System)
To: vera@ejemplo.gob.ar
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4C1.1772532004/correo.ejemplo.gob.ar"
Message-Id: <20260303100004.4C1@correo.ejemplo.gob.ar>

This is a MIME-encapsulated message.

--4C1.1772532004/correo.ejemplo.gob.ar
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host correo.ejemplo.gob.ar.

<${to}>: host mx.example.org[192.0.2.7] said: 550 5.1.1 <${to}>: Recipient
    address rejected: User unknown in local recipient table (in reply to RCPT TO command)

--4C1.1772532004/correo.ejemplo.gob.ar
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; correo.ejemplo.gob.ar
X-Postfix-Queue-ID: 4C1
Arrival-Date: Tue,  3 Mar 2026 07:00:03 -0300 (-03)

Final-Recipient: rfc822; ${to}
Original-Recipient: rfc822;${original}
Action: ${action}
Status: ${status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 ${status} <${to}>: Recipient address rejected:
    User unknown in local recipient table

--4C1.1772532004/correo.ejemplo.gob.ar
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Vera <vera@ejemplo.gob.ar>
To: ${to}
Subject: Colas de ayer
Message-ID: ${id}
MIME-Version: 1.0

--4C1.1772532004/correo.ejemplo.gob.ar--
`)

export const exchange = ({ id, to }: Came) =>
  crlf(`From: "Microsoft Outlook" <postmaster@ejemplo.onmicrosoft.com>
To: <vera@ejemplo.gob.ar>
Date: Tue, 3 Mar 2026 10:00:06 +0000
Content-Type: multipart/report; report-type=delivery-status;
	boundary="be0f1c8e-1f"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: es-AR
Message-ID: <8f@AS8PR.outlook.com>
In-Reply-To: ${id}
References: ${id}
Subject: No se puede entregar: Colas de ayer
Auto-Submitted: auto-replied
MIME-Version: 1.0

--be0f1c8e-1f
Content-Type: multipart/alternative; boundary="in-1f"

--in-1f
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

No se encontr=C3=B3 ${to}.

--in-1f
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

<html><body><p>No se encontr=C3=B3</p></body></html>

--in-1f--

--be0f1c8e-1f
Content-Type: message/delivery-status

Reporting-MTA: dns;AS8PR.outlook.com
Received-From-MTA: dns;correo.ejemplo.gob.ar
Arrival-Date: Tue, 3 Mar 2026 10:00:05 +0000

Final-Recipient: rfc822;${to}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${to} not found by SMTP address lookup
X-Display-Name: ${to}

--be0f1c8e-1f
Content-Type: message/rfc822

From: Vera <vera@ejemplo.gob.ar>
To: ${to}
Message-ID: <rewritten-by-the-relay@AS8PR.outlook.com>
Subject: Colas de ayer
Content-Type: text/plain

Offered: 6

--be0f1c8e-1f--
`)

export const gmail = ({ id, to }: Came) =>
  crlf(`Received: by 2002:a05 with SMTP id x; Tue, 03 Mar 2026 02:00:05 -0800 (PST)
Content-Type: multipart/report; boundary="000000000000e1"; report-type=delivery-status
To: vera@ejemplo.gob.ar
Auto-Submitted: auto-replied
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
X-Failed-Recipients: ${to}
Subject: Delivery Status Notification (Failure)
Message-ID: <69.@mx.google.com>

--000000000000e1
Content-Type: multipart/related; boundary="000000000000e2"

--000000000000e2
Content-Type: text/html; charset="UTF-8"

<html><body>The email account that you tried to reach is over quota</body></html>
--000000000000e2
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--000000000000e2--
--000000000000e1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; vera@ejemplo.gob.ar
Arrival-Date: Tue, 03 Mar 2026 02:00:04 -0800 (PST)
X-Original-Message-ID: ${id}

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.0.0
Remote-MTA: dns; gmail-smtp-in.l.google.com
Diagnostic-Code: smtp; 552-5.2.2 The email account that you tried to reach is over quota. Please direct
 552-5.2.2 the recipient to https://support.google.com/mail/?p=OverQuotaPerm
Last-Attempt-Date: Tue, 03 Mar 2026 02:00:05 -0800 (PST)

--000000000000e1
Content-Type: message/rfc822

Received: from correo.ejemplo.gob.ar
From: Vera <vera@ejemplo.gob.ar>
To: ${to}
Message-ID:
 ${id}
Content-Type: text/plain

Offered: 6

--000000000000e1--
`)

/** A person who is on holiday: no bounce. */
export const outOfOffice = ({ id, to }: Came) =>
  crlf(`From: ${to}
To: vera@ejemplo.gob.ar
Subject: De licencia
In-Reply-To: ${id}
References: ${id}
Auto-Submitted: auto-replied
Content-Type: text/plain

Vuelvo el lunes. Final-Recipient: rfc822; ${to}
Action: failed
`)
