import type { Capsule } from "@capsule/api";
import { buttonStyle, Card, EmptyState, ErrorState, Skeleton } from "@capsule/ui";
import { Link } from "@tanstack/react-router";
import { MessageSquareText, PowerOff, Rocket, TriangleAlert, type LucideIcon } from "lucide-react";
import { useAgentChat } from "../api/use-agent-chat.ts";
import { Composer } from "../components/composer.tsx";
import { TurnList } from "../components/turn-list.tsx";

type Obstacle = { icon: LucideIcon; title: string; text: string };

/** Why the app cannot be talked to; null when it can. */
function obstacleOf(capsule: Capsule): Obstacle | null {
  if (capsule.release === null) {
    return { icon: Rocket, title: "This app is not deployed yet", text: "Once its first release is live, talk to it here." };
  }
  if (!capsule.is_on || capsule.status === "stopped") {
    return { icon: PowerOff, title: "This app is switched off", text: "Switch it on above to talk to it." };
  }
  if (capsule.status === "removing") {
    return { icon: PowerOff, title: "This app is being removed", text: "It no longer answers." };
  }
  return capsule.status === "failed"
    ? { icon: TriangleAlert, title: "This app failed to start", text: "Its newest deployment says why." }
    : null;
}

/** Talk to the app as the person who is signed in to the console. */
export function ChatPage({ capsule }: { capsule: Capsule }) {
  const obstacle = obstacleOf(capsule);
  const chat = useAgentChat(capsule.id, obstacle === null);
  if (obstacle) {
    return (
      <EmptyState
        icon={obstacle.icon}
        title={obstacle.title}
        className="py-20"
        actions={
          <Link to="/capsules/$capsule/deploy" params={{ capsule: capsule.slug }} className={buttonStyle()}>
            Open Deploy
          </Link>
        }
      >
        {obstacle.text}
      </EmptyState>
    );
  }
  const { history, exchanges } = chat;
  const isEmpty = history.data?.length === 0 && exchanges.length === 0;
  return (
    <Card
      className="flex h-[calc(100dvh-15.5rem)] min-h-80 flex-col overflow-hidden max-sm:h-[calc(100dvh-18.25rem)]"
      aria-label="Chat"
      data-testid="agent-chat"
    >
      {history.isPending ? (
        <div role="status" aria-label="Loading the chat" className="mx-auto w-full max-w-3xl flex-1 space-y-6 px-4 py-5">
          <Skeleton className="ml-auto h-10 w-1/2 rounded-2xl" />
          <Skeleton className="h-24 w-4/5" />
        </div>
      ) : history.isError ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} className="flex-1 justify-center" />
      ) : isEmpty ? (
        <EmptyState icon={MessageSquareText} title={`Talk to ${capsule.name}`} className="flex-1 justify-center">
          Only you see this conversation. What is said here runs the release that is live.
        </EmptyState>
      ) : (
        <TurnList turns={history.data} exchanges={exchanges} isRunning={chat.isRunning} onRetry={chat.retry} />
      )}
      {!history.isError && (
        <Composer
          name={capsule.name}
          isEnabled={!history.isPending}
          isRunning={chat.isRunning}
          onSend={chat.send}
          onStop={chat.stop}
        />
      )}
    </Card>
  );
}
