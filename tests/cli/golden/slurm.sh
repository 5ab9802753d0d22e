#!/bin/bash
# Made by 'trainmark slurm quick --partition gpu --gpus 1 --memory 3G --cpus 4 --time 01:30:00 --array 5 --results /data/results --program /opt/trainmark -- --repetitions 5'.
# 'bash THIS' submits the tasks and, when all have ended, the merge of their results; 'sbatch THIS' submits the tasks alone.
#SBATCH --job-name=trainmark-quick
#SBATCH --partition=gpu
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=3G
#SBATCH --gres=gpu:1
#SBATCH --time=01:30:00
#SBATCH --array=0-4
#SBATCH --output=trainmark-quick-%A_%a.log
set -euo pipefail

program='/opt/trainmark'
results='/data/results'

# The merge: of every task that left a store.
if [ "${1:-}" = merge ]; then
  stores=()
  for folder in "$results"/task-*; do
    if [ -f "$folder/trainmark.sqlite" ]; then stores+=("$folder"); fi
  done
  if [ "${#stores[@]}" -eq 0 ]; then
    echo "No task left results in $results." >&2
    exit 1
  fi
  exec "$program" merge "${stores[@]}" --out "$results"
fi

# On the login node: the tasks, then the merge, which waits for them however they end.
if [ -z "${SLURM_JOB_ID:-}" ]; then
  script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
  job=$(sbatch --parsable "$script")
  job=${job%%;*}
  merge=$(sbatch --parsable --dependency="afterany:$job" --job-name=trainmark-quick-merge --partition=gpu --ntasks=1 --mem=1G \
    --output="trainmark-quick-merge-%j.log" --wrap="bash $(printf %q "$script") merge")
  echo "Submitted the tasks as job $job and their merge as job ${merge%%;*}; the results will be in $results."
  exit 0
fi

task=${SLURM_ARRAY_TASK_ID:-0}
options=()
# Slurm starts a task again whose node went down: it goes on where it was.
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ -f "$results/task-$task/trainmark.sqlite" ]; then options+=(--resume); fi
mkdir -p "$results"
exec "$program" run 'quick' '--repetitions' '5' "${options[@]}" --out "$results/task-$task" --label "${SLURMD_NODENAME:-$(hostname)}"
