import { path, request } from "../client.ts";
import type { CliLogin, Items, Me, NewToken, Token } from "../types.ts";

export const login = (email: string, password: string): Promise<Me> =>
  request("POST", "/auth/login", { json: { email, password } });
export const logout = (): Promise<void> => request("POST", "/auth/logout");
export const getMe = (signal?: AbortSignal): Promise<Me> => request("GET", "/auth/me", signal ? { signal } : {});

export const listTokens = (): Promise<Items<Token>> => request("GET", "/auth/tokens");
export const createToken = (name: string, expiresInDays: number | null): Promise<NewToken> =>
  request("POST", "/auth/tokens", {
    json: { name, ...(expiresInDays === null ? {} : { expires_in_days: expiresInDays }) },
  });
export const deleteToken = (id: string): Promise<void> => request("DELETE", path("/auth/tokens/{}", id));

export const getCliLogin = (id: string): Promise<CliLogin> => request("GET", path("/auth/cli-logins/{}", id));
export const approveCliLogin = (id: string): Promise<void> =>
  request("POST", path("/auth/cli-logins/{}/approve", id));
