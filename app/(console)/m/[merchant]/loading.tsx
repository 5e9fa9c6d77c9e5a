import { SkeletonCard } from '@/components/ui/parts'

export default function Loading() {
  return (
    <div className="grid gap-4 pt-7" aria-busy="true">
      <SkeletonCard lines={3} />
      <SkeletonCard lines={5} />
    </div>
  )
}
