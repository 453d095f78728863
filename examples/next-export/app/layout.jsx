import "./style.css";

export const metadata = { title: "Field notes, exported by Next.js" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
