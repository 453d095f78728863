/** What an app's own host sends and takes: the app, its user, sessions, events, files, connections. */

export type SuggestionTarget = "prompt" | "action" | "workflow" | "page";

export type Suggestion = {
  label: string;
  target: SuggestionTarget;
  value: string;
  description?: string;
  icon?: string;
  image?: string;
  accent?: string;
  primary?: boolean;
  payload?: Record<string, unknown>;
};

/** The theme of an app's manifest; a preset's colours are already filled in. */
export type AppTheme = Partial<
  Record<
    | "preset"
    | "logo"
    | "logo_background"
    | "tagline"
    | "title"
    | "description"
    | "site_name"
    | "preview_image"
    | "favicon"
    | "primary"
    | "accent"
    | "background"
    | "foreground"
    | "sidebar"
    | "surface"
    | "border"
    | "muted"
    | "danger"
    | "success"
    | "font_sans"
    | "font_mono",
    string
  >
> & { radius?: "sm" | "md" | "lg" };

export type AppUser = { id: string; email?: string | null; is_anonymous?: boolean };

/** `methods`: `password`, `magic_link`, and `oidc:<name>` for every other place to sign in with. */
export type AppAccess = {
  anonymous: boolean;
  methods: string[];
  sign_up: boolean;
  password_sign_up?: boolean;
  providers?: { name: string; label: string }[];
};

export type IntegrationMode = "oauth" | "secret" | "pipedream";

export type AppInfo = {
  name: string;
  environment: string;
  release: string | number | null;
  state: string;
  reason?: string | null;
  title?: string | null;
  tagline?: string | null;
  theme?: AppTheme | null;
  suggestions?: Suggestion[];
  user: AppUser;
  has_message_handler: boolean;
  message_handlers?: { name: string; label: string }[];
  access?: AppAccess;
  integrations?: { type: string; mode: IntegrationMode; fields?: string[] }[];
  upload?: { max_bytes: number };
};

export type ChatSession = {
  id: string;
  title?: string | null;
  created_at: string;
  updated_at: string;
  /** `waiting`: an open prompt needs an answer. */
  status: "idle" | "running" | "waiting";
  chat?: string | null;
  visibility?: "listed" | "hidden";
};

export type NewSession = {
  chat?: string;
  session?: string;
  thread_key?: string;
  initial_data?: Record<string, unknown>;
  visibility?: "listed" | "hidden";
};

export type Attachment = { id: string; name: string; content_type: string; size: number; url: string };

export type OutgoingMessage = {
  text: string;
  client_id: string;
  attachments?: string[];
  chat?: string;
  action?: string;
  payload?: Record<string, unknown>;
};

export type TurnStatus = "succeeded" | "failed" | "cancelled" | "interrupted";

/** `is_stub`: only the place of a block whose state comes later. `is_live`: a state in between, not kept. */
export type BlockData = { id: string; type: string; payload?: unknown; is_stub?: boolean; is_live?: boolean };

/** How the app is now. A live app with a reason: its newest version does not run, the one before does. */
export type AppStateData = { state: string; reason: string | null };

type EventOf<Type extends string, Data> = { offset: number; type: Type; at: string; turn_id?: string | null; data: Data };
type LiveOf<Type extends string, Data> = { offset?: undefined; type: Type; at?: string; turn_id?: string | null; data: Data };

export type SessionEvent =
  | EventOf<
      "message",
      { id: string; text?: string; sender: "user"; client_id?: string | null; attachments?: Attachment[] }
    >
  | EventOf<"action", { id: string; name: string; payload?: unknown; client_id?: string | null }>
  | EventOf<"turn_retried", { turn_id: string }>
  | EventOf<"turn_started", { release?: string | number | null }>
  | EventOf<"turn_resumed", { attempt?: number }>
  | EventOf<"reply", { id: string; text: string }>
  | EventOf<"reply_started", { id: string }>
  | EventOf<"reply_delta", { id: string; text: string }>
  | EventOf<"reply_ended", { id: string; text: string }>
  | EventOf<"notification", { text: string; detail?: string | null }>
  | EventOf<"block", BlockData>
  | EventOf<"session_title", { title: string }>
  | EventOf<"turn_ended", { status: TurnStatus; error?: string | { message?: string } | null }>
  | EventOf<"app_changed", { release?: string | number | null }>
  | LiveEvent;

/** Sent to whoever listens at that moment; without an offset, and in no log. */
export type LiveEvent =
  | LiveOf<"block", BlockData>
  | LiveOf<"session_event", { event: string; payload?: unknown; data?: unknown }>
  | LiveOf<"app_state", AppStateData>;

export type LogPage = { items: SessionEvent[]; first?: boolean; next?: number };

export type PromptAnswer = { approved: boolean } | { file_id: string } | { dismissed: true };

export type NewUpload = { name: string; size: number; content_type: string; session_id?: string; prompt_id?: string };
export type Upload = { id: string; offset: number; upload_url?: string; max_bytes?: number };

export type ConnectionStatus = "connected" | "needs_reconnect" | "not_connected";
export type Connection = {
  type: string;
  name: string;
  mode: IntegrationMode;
  fields: { name: string; label: string; is_secret: boolean }[];
  status: ConnectionStatus;
  scopes?: string[];
  account?: string | null;
  connected_at?: string | null;
};

export type Account = {
  id: string;
  email?: string | null;
  is_anonymous: boolean;
  has_password: boolean;
  /** False right after signing in by a link: the mailbox proves enough to set a new password. */
  needs_old_password?: boolean;
};
/** `mail_sent`: the account is made when the link in that mail is opened. */
export type SignInAnswer = { status?: "signed_in" | "mail_sent" };
export type PasswordSignIn = { email: string; password: string; return_to?: string };
